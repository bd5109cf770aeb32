# The pages of applicant.
