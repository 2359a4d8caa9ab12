"""Builders and ops on a Ray cluster."""
