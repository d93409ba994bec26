"""System calls that a kernel may lack, one family a module: how each is made, and what serves in its place."""
