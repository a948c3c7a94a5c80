"""Clinical findings beside a run: the literature, the questions, and the directions of the model."""
