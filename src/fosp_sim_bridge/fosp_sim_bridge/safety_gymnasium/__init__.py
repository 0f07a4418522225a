"""Safety-Gymnasium's navigation tasks behind the interface of the real robot."""
