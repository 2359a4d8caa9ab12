"""Stands in for torchaudio, whose builds need CUDA's libraries; only rows with sound would call it.

LLaMA-Factory imports it at the top of its media plugin. Any use of it here is an AttributeError.
"""
