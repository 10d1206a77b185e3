package p
x := data.servers.count + 1
