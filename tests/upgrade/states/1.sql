
CREATE SCHEMA _lockstitch;

COMMENT ON SCHEMA _lockstitch IS 'What Lockstitch must remember about the tables it loads. Do not change by hand.';

CREATE SCHEMA s;

CREATE TABLE _lockstitch.chunks (
    stream_id bigint NOT NULL,
    fence bigint NOT NULL,
    range integer NOT NULL,
    chunk integer NOT NULL,
    run_id text NOT NULL,
    rows bigint NOT NULL,
    bytes bigint NOT NULL,
    checksum bigint NOT NULL,
    row_sum bigint NOT NULL,
    last_key text,
    committed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

CREATE TABLE _lockstitch.integrations (
    uid text NOT NULL,
    destination_schema text NOT NULL
);

CREATE TABLE _lockstitch.loads (
    stream_id bigint NOT NULL,
    fence bigint NOT NULL,
    run_id text NOT NULL,
    extraction_id text NOT NULL,
    state text NOT NULL,
    load_table text NOT NULL,
    load_oid oid NOT NULL,
    destination_table text NOT NULL,
    key_columns text[] NOT NULL,
    method integer NOT NULL,
    lower_bound text,
    horizon text,
    source_system text NOT NULL,
    source_database text NOT NULL,
    source_position pg_lsn,
    plan bytea NOT NULL,
    begun_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT loads_state_check CHECK ((state = ANY (ARRAY['open'::text, 'published'::text, 'aborted'::text, 'superseded'::text])))
);

CREATE TABLE _lockstitch.ranges (
    stream_id bigint NOT NULL,
    fence bigint NOT NULL,
    range integer NOT NULL,
    lower_bound text,
    upper_bound text,
    attempt integer DEFAULT 0 NOT NULL,
    complete boolean DEFAULT false NOT NULL
);

CREATE TABLE _lockstitch.results (
    stream_id bigint NOT NULL,
    run_id text NOT NULL,
    result bytea NOT NULL,
    kept_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE _lockstitch.schema_version (
    version integer NOT NULL
);

CREATE TABLE _lockstitch.streams (
    stream_id bigint NOT NULL,
    integration_uid text NOT NULL,
    source_schema text NOT NULL,
    source_table text NOT NULL,
    fence bigint DEFAULT 0 NOT NULL,
    run_id text DEFAULT ''::text NOT NULL,
    destination_table text,
    destination_oid oid,
    method integer DEFAULT 0 NOT NULL,
    replication_key text,
    bookmark text,
    table_version bigint DEFAULT 0 NOT NULL,
    reset_generation bigint DEFAULT 0 NOT NULL,
    source_system text DEFAULT ''::text NOT NULL,
    source_database text DEFAULT ''::text NOT NULL,
    source_position pg_lsn
);

ALTER TABLE _lockstitch.streams ALTER COLUMN stream_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME _lockstitch.streams_stream_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE s.whole (
    id integer NOT NULL,
    v text
);

INSERT INTO _lockstitch.chunks (stream_id, fence, range, chunk, run_id, rows, bytes, checksum, row_sum, last_key, committed_at) VALUES (1, 1, 0, 0, '8d931aaa8ebaad9b8005d481872f9dee', 10, 191, 7381112425559459077, -4427190703801208121, NULL, '2026-11-22 23:33:16.400221+00');

INSERT INTO _lockstitch.integrations (uid, destination_schema) VALUES ('2e6950ac-583c-2bd7-7e18-64faa0e79229', 's');

INSERT INTO _lockstitch.loads (stream_id, fence, run_id, extraction_id, state, load_table, load_oid, destination_table, key_columns, method, lower_bound, horizon, source_system, source_database, source_position, plan, begun_at) VALUES (1, 1, '8d931aaa8ebaad9b8005d481872f9dee', '0d09e4addd1b7c0c563d6e1860af9da5', 'published', '_lockstitch_load_1_1', 16474, 'whole', '{id}', 1, NULL, NULL, '7711143021657824908', 'postgres', '0/15AB680', '\x0a190a026964120269641a04696e743428013207696e74656765720a140a01761201761a047465787428013204746578742207732e77686f6c65', '2026-11-22 23:33:16.352364+00');

INSERT INTO _lockstitch.ranges (stream_id, fence, range, lower_bound, upper_bound, attempt, complete) VALUES (1, 1, 0, NULL, NULL, 1, true);

INSERT INTO _lockstitch.results (stream_id, run_id, result, kept_at) VALUES (1, '8d931aaa8ebaad9b8005d481872f9dee', '\x08011207732e77686f6c65180a20bf012801320608bcf78dd806', '2026-11-22 23:33:16.430653+00');

INSERT INTO _lockstitch.schema_version (version) VALUES (1);

INSERT INTO _lockstitch.streams (stream_id, integration_uid, source_schema, source_table, fence, run_id, destination_table, destination_oid, method, replication_key, bookmark, table_version, reset_generation, source_system, source_database, source_position) OVERRIDING SYSTEM VALUE VALUES (1, '2e6950ac-583c-2bd7-7e18-64faa0e79229', 'public', 'whole', 1, '8d931aaa8ebaad9b8005d481872f9dee', 'whole', 16474, 1, NULL, NULL, 1, 0, '7711143021657824908', 'postgres', '0/15AB680');

INSERT INTO s.whole (id, v) VALUES (1, 'row 1');
INSERT INTO s.whole (id, v) VALUES (2, 'row 2');
INSERT INTO s.whole (id, v) VALUES (3, 'row 3');
INSERT INTO s.whole (id, v) VALUES (4, 'row 4');
INSERT INTO s.whole (id, v) VALUES (5, 'row 5');
INSERT INTO s.whole (id, v) VALUES (6, 'row 6');
INSERT INTO s.whole (id, v) VALUES (7, 'row 7');
INSERT INTO s.whole (id, v) VALUES (8, 'row 8');
INSERT INTO s.whole (id, v) VALUES (9, 'row 9');
INSERT INTO s.whole (id, v) VALUES (10, 'row 10');

SELECT pg_catalog.setval('_lockstitch.streams_stream_id_seq', 1, true);

ALTER TABLE ONLY _lockstitch.chunks
    ADD CONSTRAINT chunks_pkey PRIMARY KEY (stream_id, fence, range, chunk);

ALTER TABLE ONLY _lockstitch.integrations
    ADD CONSTRAINT integrations_destination_schema_key UNIQUE (destination_schema);

ALTER TABLE ONLY _lockstitch.integrations
    ADD CONSTRAINT integrations_pkey PRIMARY KEY (uid);

ALTER TABLE ONLY _lockstitch.loads
    ADD CONSTRAINT loads_pkey PRIMARY KEY (stream_id, fence);

ALTER TABLE ONLY _lockstitch.ranges
    ADD CONSTRAINT ranges_pkey PRIMARY KEY (stream_id, fence, range);

ALTER TABLE ONLY _lockstitch.results
    ADD CONSTRAINT results_pkey PRIMARY KEY (stream_id, run_id);

ALTER TABLE ONLY _lockstitch.streams
    ADD CONSTRAINT streams_integration_uid_source_schema_source_table_key UNIQUE (integration_uid, source_schema, source_table);

ALTER TABLE ONLY _lockstitch.streams
    ADD CONSTRAINT streams_pkey PRIMARY KEY (stream_id);

ALTER TABLE ONLY s.whole
    ADD CONSTRAINT whole_pkey PRIMARY KEY (id);

ALTER TABLE ONLY _lockstitch.chunks
    ADD CONSTRAINT chunks_stream_id_fence_range_fkey FOREIGN KEY (stream_id, fence, range) REFERENCES _lockstitch.ranges(stream_id, fence, range) ON DELETE CASCADE;

ALTER TABLE ONLY _lockstitch.loads
    ADD CONSTRAINT loads_stream_id_fkey FOREIGN KEY (stream_id) REFERENCES _lockstitch.streams(stream_id) ON DELETE CASCADE;

ALTER TABLE ONLY _lockstitch.ranges
    ADD CONSTRAINT ranges_stream_id_fence_fkey FOREIGN KEY (stream_id, fence) REFERENCES _lockstitch.loads(stream_id, fence) ON DELETE CASCADE;

ALTER TABLE ONLY _lockstitch.results
    ADD CONSTRAINT results_stream_id_fkey FOREIGN KEY (stream_id) REFERENCES _lockstitch.streams(stream_id) ON DELETE CASCADE;

ALTER TABLE ONLY _lockstitch.streams
    ADD CONSTRAINT streams_integration_uid_fkey FOREIGN KEY (integration_uid) REFERENCES _lockstitch.integrations(uid);

