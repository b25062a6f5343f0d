-- What the states were loaded from: tests make it again.
CREATE TABLE whole (id int PRIMARY KEY, v text);
INSERT INTO whole SELECT n, 'row ' || n FROM generate_series(1, 10) n;

CREATE TABLE changing (id int PRIMARY KEY, k timestamptz NOT NULL, v text);
INSERT INTO changing SELECT n, timestamptz '2026-01-01 00:00+00' + n * interval '1 min', 'row ' || n
FROM generate_series(1, 20) n;

-- Read in four ranges with a filter that fails on a row of the last one.
CREATE TABLE begun (id int PRIMARY KEY, k timestamptz NOT NULL, d int);
CREATE INDEX ON begun (k);
INSERT INTO begun SELECT n, timestamptz '2026-01-01 00:00+00' + n * interval '1 min', (n <> 39)::int
FROM generate_series(1, 40) n;
ANALYZE;
