"""Questions to finished runs: which is better, and does one come out the same a second time?"""
