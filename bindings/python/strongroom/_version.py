"""The version of this package: the library's. On its own, so that a build can read it without the library."""

__version__ = "0.1.0"
