"""The version: in a file of its own, as a frozen application has no metadata of packages."""

__version__ = "0.1.0"
