"""What is right: reads a reply, compares it with gold, gives the reward.

Pure judgement. Nothing here does input or output, knows a model, or knows Hydra.
"""
