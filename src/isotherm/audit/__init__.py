"""The audit: counts anew what was fed and holds it against what stands in MySQL; above the stores."""
