"""Write the digits that ship with resynapse from scikit-learn's copy: `python docs/data/digits.py`.

Needs scikit-learn. The result is src/resynapse/data/digits/digits.npz; the same arrays give the same file.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

FILE = Path(__file__).parents[2] / "src" / "resynapse" / "data" / "digits" / "digits.npz"

images, labels = load_digits(return_X_y=True)
np.savez_compressed(FILE, images=images.astype(np.uint8), labels=labels.astype(np.uint8))
print(f"{FILE.name}: {images.shape[0]} images of {images.shape[1]} pixels, {FILE.stat().st_size} bytes")
