"""The ML backend of Label Studio: answers prompts, predicts, trains on Start Training, serves what was proved."""
