"""Builders: one `datasets` builder per file, named as users type it in `load_dataset`."""
