"""Datasets in the formats of other libraries; one module a format."""
