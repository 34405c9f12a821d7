"""Label Studio: where texts, gold and first prompts come from, and where labels go back to."""
