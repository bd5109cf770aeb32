-- The code by which the worker tells an operator's approval from a forged one. Empty: from before, not signed any more.
ALTER TABLE approval ADD COLUMN mac TEXT NOT NULL DEFAULT '';
