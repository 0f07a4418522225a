"""The paper's experiments as plans of small, resumable units, and the report made of them."""
