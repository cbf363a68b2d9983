"""The line as readable functions: model, graph, recording, scene, file. The only layer that knows every stage.

Each module holds the functions of one occasion, so that ``nn2gltf view`` never loads what only training needs;
:mod:`nn2gltf` offers all of them under one name.
"""
