# The pages of console.
