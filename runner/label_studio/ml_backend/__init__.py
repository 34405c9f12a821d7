"""Label Studio's ML backend: answers typed prompts, predicts, trains on Start Training, serves the best prompt."""
