"""Dead letters are worked: repaired by a named rule, replayed, and followed to what came of them."""
