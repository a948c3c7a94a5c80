"""Attribution: how much of a contrast between two arms each part of their treatments makes."""
