package old

import data.users as people

pi = 3.14

names[name] { name = people[_].name }

ages[name] = age { age = people[name].age }

double(x) = y { y = x * 2 } { y = x + x }

allow { input.admin }

allow = "maybe" { input.guest } else = "no" { true }
