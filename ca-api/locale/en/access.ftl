# Agents and offices: the chooser, the list of functions, the console's delegations.

access-reference = Reference user
access-choose = Switch
access-itself = { $id } (yourself)
access-title = What you can open
access-title-for = What you can open for { $name }
access-choose-hint = To work for an office, switch the reference user.
access-no-office = No office delegates to you at present.
access-has-agent = Claiming is delegated to your agent. What only the agent does cannot be done here.
access-lapsed = The reference user is yourself again
access-lapsed-text = The delegation of the office that you had chosen has ended, so you can no longer look at it.
access-empty = There is nothing that you can open.
access-not-yet = Coming
access-elsewhere = Another system
