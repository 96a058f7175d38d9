"""What keeps a platform small: each part removes what is of no use any more, bounded and repeatable."""
