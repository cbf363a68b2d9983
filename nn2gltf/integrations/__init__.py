"""Callbacks for training frameworks. None of them is a dependency: each is imported when it is asked for."""
