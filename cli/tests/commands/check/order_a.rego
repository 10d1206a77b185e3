package library

get(key) := data.unknown.documents[key]
