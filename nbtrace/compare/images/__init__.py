"""Comparing two images: figures from exact sums, gates, worst pixels, peaks, shells of resolution, orientation."""

from nbtrace.compare.images.compare import compare_images
from nbtrace.compare.images.options import ImageOptions
from nbtrace.compare.images.result import ImagesResult
from nbtrace.images.roi import Roi

__all__ = ["ImageOptions", "ImagesResult", "Roi", "compare_images"]
