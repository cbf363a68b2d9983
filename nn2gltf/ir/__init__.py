"""The nouns every stage meets in: frozen dataclasses over numpy, no torch, no onnx, no glTF."""
