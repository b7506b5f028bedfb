"""The LiveChat REST API v2.0. Its spelling (`firstResponse`, `requester[mail]`) lives in the wire modules and nowhere else."""
