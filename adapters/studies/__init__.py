"""What a study's cases say: their stored form, and the figures that follow from them."""
