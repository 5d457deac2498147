"""Pictures from records: reads run folders, never models."""
