package roles

admin if data.roles.people[input.user] == "admin"
