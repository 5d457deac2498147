"""One script a figure, drawn from the small records beside them: python -m paper_figures.mad"""
