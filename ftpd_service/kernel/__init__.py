"""System calls that a kernel may lack, grouped by family, each with its fallback."""
