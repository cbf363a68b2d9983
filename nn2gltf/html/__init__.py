"""HTML: the viewer page with a scene inside, and a server for it. Knows bytes, not glTF."""

from nn2gltf.html.page import is_our_page, read_viewer, write_html
from nn2gltf.html.server import ViewServer

__all__ = ["ViewServer", "is_our_page", "read_viewer", "write_html"]
