"""PostgreSQL: the embedded server, migrations, the pool and the calls of the decision."""
