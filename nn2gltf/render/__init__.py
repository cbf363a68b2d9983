"""Render: pictures and films of a scene, drawn by the viewer page in a headless Chromium."""

from nn2gltf.render.chromium import Browser, find_chromium
from nn2gltf.render.films import FILM_SUFFIXES, find_ffmpeg, write_film
from nn2gltf.render.pages import Camera, Shot, ViewerPage

__all__ = [
    "FILM_SUFFIXES",
    "Browser",
    "Camera",
    "Shot",
    "ViewerPage",
    "find_chromium",
    "find_ffmpeg",
    "write_film",
]
