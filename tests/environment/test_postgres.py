"""The PostgreSQL that tests run against is real, new and of the version we name."""

import psycopg


def test_the_server_is_postgresql_18(postgres_dsn: str) -> None:
    with psycopg.connect(postgres_dsn) as connection:
        assert connection.info.server_version // 10_000 == 18


def test_a_database_starts_empty_and_keeps_what_was_committed(postgres_dsn: str) -> None:
    with psycopg.connect(postgres_dsn) as connection:
        connection.execute("CREATE TABLE fact (said text NOT NULL)")
        connection.execute("INSERT INTO fact VALUES ('kept')")
    with psycopg.connect(postgres_dsn) as connection:
        assert connection.execute("SELECT said FROM fact").fetchall() == [("kept",)]
        tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        assert connection.execute(tables).fetchone() == (1,)
