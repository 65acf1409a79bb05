"""The test oracle: the closed quarter written plainly, slowly and densely, to check the kernel against."""
