"""Names for the kinds of numpy array that the simulator passes around."""

import numpy as np
import numpy.typing as npt

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
Int8 = npt.NDArray[np.int8]
Uint8 = npt.NDArray[np.uint8]
Uint16 = npt.NDArray[np.uint16]
Uint64 = npt.NDArray[np.uint64]
Mask = npt.NDArray[np.bool_]
