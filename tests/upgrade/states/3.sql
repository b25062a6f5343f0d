
CREATE SCHEMA _lockstitch;

COMMENT ON SCHEMA _lockstitch IS 'What Lockstitch must remember about the tables it loads. Do not change by hand.';

CREATE SCHEMA s;

CREATE TABLE _lockstitch._lockstitch_load_3_1 (
    id integer,
    k timestamp with time zone,
    d integer
);

CREATE TABLE _lockstitch.chunks (
    stream_id bigint NOT NULL,
    load_id bigint NOT NULL,
    range integer NOT NULL,
    chunk integer NOT NULL,
    run_id text NOT NULL,
    rows bigint NOT NULL,
    bytes bigint NOT NULL,
    checksum bigint NOT NULL,
    row_sum bigint NOT NULL,
    last_key text,
    committed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    fence bigint NOT NULL
);

CREATE TABLE _lockstitch.integrations (
    uid text NOT NULL,
    destination_schema text NOT NULL,
    name text,
    include_schema_names boolean DEFAULT false NOT NULL,
    identifier_style integer DEFAULT 1 NOT NULL
);

CREATE TABLE _lockstitch.loads (
    stream_id bigint NOT NULL,
    load_id bigint NOT NULL,
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
    fence bigint NOT NULL,
    CONSTRAINT loads_state_check CHECK ((state = ANY (ARRAY['open'::text, 'published'::text, 'aborted'::text, 'superseded'::text])))
);

CREATE TABLE _lockstitch.ranges (
    stream_id bigint NOT NULL,
    load_id bigint NOT NULL,
    range integer NOT NULL,
    lower_bound text,
    upper_bound text,
    attempt integer DEFAULT 0 NOT NULL,
    complete boolean DEFAULT false NOT NULL,
    null_keys boolean DEFAULT false NOT NULL,
    closing boolean DEFAULT false NOT NULL
);

CREATE TABLE _lockstitch.runs (
    stream_id bigint NOT NULL,
    run_id text NOT NULL,
    result bytea,
    kept_at timestamp with time zone DEFAULT now() NOT NULL,
    draw integer DEFAULT 0 NOT NULL,
    fence bigint DEFAULT 0 NOT NULL
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

CREATE TABLE s.changing (
    id integer NOT NULL,
    k timestamp with time zone,
    v text
);

CREATE TABLE s.whole (
    id integer NOT NULL,
    v text
);

INSERT INTO _lockstitch._lockstitch_load_3_1 (id, k, d) VALUES (1, '2026-01-01 00:01:00+00', 1);
INSERT INTO _lockstitch._lockstitch_load_3_1 (id, k, d) VALUES (2, '2026-01-01 00:02:00+00', 1);
INSERT INTO _lockstitch._lockstitch_load_3_1 (id, k, d) VALUES (3, '2026-01-01 00:03:00+00', 1);
INSERT INTO _lockstitch._lockstitch_load_3_1 (id, k, d) VALUES (4, '2026-01-01 00:04:00+00', 1);
INSERT INTO _lockstitch._lockstitch_load_3_1 (id, k, d) VALUES (5, '2026-01-01 00:05:00+00', 1);
INSERT INTO _lockstitch._lockstitch_load_3_1 (id, k, d) VALUES (6, '2026-01-01 00:06:00+00', 1);
INSERT INTO _lockstitch._lockstitch_load_3_1 (id, k, d) VALUES (7, '2026-01-01 00:07:00+00', 1);
INSERT INTO _lockstitch._lockstitch_load_3_1 (id, k, d) VALUES (8, '2026-01-01 00:08:00+00', 1);
INSERT INTO _lockstitch._lockstitch_load_3_1 (id, k, d) VALUES (9, '2026-01-01 00:09:00+00', 1);
INSERT INTO _lockstitch._lockstitch_load_3_1 (id, k, d) VALUES (10, '2026-01-01 00:10:00+00', 1);
INSERT INTO _lockstitch._lockstitch_load_3_1 (id, k, d) VALUES (11, '2026-01-01 00:11:00+00', 1);
INSERT INTO _lockstitch._lockstitch_load_3_1 (id, k, d) VALUES (12, '2026-01-01 00:12:00+00', 1);
INSERT INTO _lockstitch._lockstitch_load_3_1 (id, k, d) VALUES (13, '2026-01-01 00:13:00+00', 1);
INSERT INTO _lockstitch._lockstitch_load_3_1 (id, k, d) VALUES (14, '2026-01-01 00:14:00+00', 1);
INSERT INTO _lockstitch._lockstitch_load_3_1 (id, k, d) VALUES (15, '2026-01-01 00:15:00+00', 1);
INSERT INTO _lockstitch._lockstitch_load_3_1 (id, k, d) VALUES (16, '2026-01-01 00:16:00+00', 1);
INSERT INTO _lockstitch._lockstitch_load_3_1 (id, k, d) VALUES (17, '2026-01-01 00:17:00+00', 1);
INSERT INTO _lockstitch._lockstitch_load_3_1 (id, k, d) VALUES (18, '2026-01-01 00:18:00+00', 1);
INSERT INTO _lockstitch._lockstitch_load_3_1 (id, k, d) VALUES (19, '2026-01-01 00:19:00+00', 1);
INSERT INTO _lockstitch._lockstitch_load_3_1 (id, k, d) VALUES (20, '2026-01-01 00:20:00+00', 1);
INSERT INTO _lockstitch._lockstitch_load_3_1 (id, k, d) VALUES (21, '2026-01-01 00:21:00+00', 1);
INSERT INTO _lockstitch._lockstitch_load_3_1 (id, k, d) VALUES (22, '2026-01-01 00:22:00+00', 1);
INSERT INTO _lockstitch._lockstitch_load_3_1 (id, k, d) VALUES (23, '2026-01-01 00:23:00+00', 1);
INSERT INTO _lockstitch._lockstitch_load_3_1 (id, k, d) VALUES (24, '2026-01-01 00:24:00+00', 1);
INSERT INTO _lockstitch._lockstitch_load_3_1 (id, k, d) VALUES (25, '2026-01-01 00:25:00+00', 1);
INSERT INTO _lockstitch._lockstitch_load_3_1 (id, k, d) VALUES (26, '2026-01-01 00:26:00+00', 1);
INSERT INTO _lockstitch._lockstitch_load_3_1 (id, k, d) VALUES (27, '2026-01-01 00:27:00+00', 1);
INSERT INTO _lockstitch._lockstitch_load_3_1 (id, k, d) VALUES (28, '2026-01-01 00:28:00+00', 1);
INSERT INTO _lockstitch._lockstitch_load_3_1 (id, k, d) VALUES (29, '2026-01-01 00:29:00+00', 1);

INSERT INTO _lockstitch.chunks (stream_id, load_id, range, chunk, run_id, rows, bytes, checksum, row_sum, last_key, committed_at, fence) VALUES (1, 1, 0, 0, '401bb331a19e5cda210999441901aeb4', 10, 191, 7381112425559459077, -4427190703801208121, NULL, '2026-11-22 23:34:07.327839+00', 1);
INSERT INTO _lockstitch.chunks (stream_id, load_id, range, chunk, run_id, rows, bytes, checksum, row_sum, last_key, committed_at, fence) VALUES (2, 1, 0, 0, '9d8c54fbb389e2ce0a716e6cf949e7e7', 20, 631, -3751918885340803346, -6417075699563427239, NULL, '2026-11-22 23:34:07.404076+00', 1);
INSERT INTO _lockstitch.chunks (stream_id, load_id, range, chunk, run_id, rows, bytes, checksum, row_sum, last_key, committed_at, fence) VALUES (3, 1, 0, 0, '0daa4465327316d853fceaae8a17e560', 9, 270, -8353720585064781097, 5197015425155196303, NULL, '2026-11-22 23:34:07.484171+00', 1);
INSERT INTO _lockstitch.chunks (stream_id, load_id, range, chunk, run_id, rows, bytes, checksum, row_sum, last_key, committed_at, fence) VALUES (3, 1, 1, 0, '0daa4465327316d853fceaae8a17e560', 10, 300, 842854574763874027, -1001690953122666498, NULL, '2026-11-22 23:34:07.486686+00', 1);
INSERT INTO _lockstitch.chunks (stream_id, load_id, range, chunk, run_id, rows, bytes, checksum, row_sum, last_key, committed_at, fence) VALUES (3, 1, 2, 0, '0daa4465327316d853fceaae8a17e560', 10, 300, 4887074503189840873, 3691475374143199478, NULL, '2026-11-22 23:34:07.489927+00', 1);

INSERT INTO _lockstitch.integrations (uid, destination_schema, name, include_schema_names, identifier_style) VALUES ('c61e805f-fc4b-cb1f-888a-ff2071601e2f', 's', 's', false, 1);

INSERT INTO _lockstitch.loads (stream_id, load_id, run_id, extraction_id, state, load_table, load_oid, destination_table, key_columns, method, lower_bound, horizon, source_system, source_database, source_position, plan, begun_at, fence) VALUES (1, 1, '401bb331a19e5cda210999441901aeb4', '5c7c042d439c7c49183f1867139ce73b', 'published', '_lockstitch_load_1_1', 16484, 'whole', '{id}', 1, NULL, NULL, '7711143232042149534', 'postgres', '0/15AE050', '\x0a250a026964120269641a04696e743428013207696e74656765723a0a70675f636174616c6f670a200a01761201761a047465787428013204746578743a0a70675f636174616c6f672207732e77686f6c653202696432017638015a120802120c08eff78dd80610cda6af91011801', '2026-11-22 23:34:07.305997+00', 1);
INSERT INTO _lockstitch.loads (stream_id, load_id, run_id, extraction_id, state, load_table, load_oid, destination_table, key_columns, method, lower_bound, horizon, source_system, source_database, source_position, plan, begun_at, fence) VALUES (2, 1, '9d8c54fbb389e2ce0a716e6cf949e7e7', 'f2f023d336f97bd2f004d83749ef8260', 'published', '_lockstitch_load_2_1', 16491, 'changing', '{id}', 2, NULL, '2026-11-22 23:34:06.366248+00', '7711143232042149534', 'postgres', '0/15AE050', '\x0a250a026964120269641a04696e743428013207696e74656765723a0a70675f636174616c6f670a3b0a016b12016b1a0b74696d657374616d70747a2801321874696d657374616d7020776974682074696d65207a6f6e653a0a70675f636174616c6f670a200a01761201761a047465787428013204746578743a0a70675f636174616c6f67220a732e6368616e67696e673202696432016b32017638024a016b5a120802120c08eff78dd80610c2a9eab60118016a1d323032362d31312d32322032333a33343a30362e3336363234382b3030', '2026-11-22 23:34:07.384705+00', 1);
INSERT INTO _lockstitch.loads (stream_id, load_id, run_id, extraction_id, state, load_table, load_oid, destination_table, key_columns, method, lower_bound, horizon, source_system, source_database, source_position, plan, begun_at, fence) VALUES (3, 1, '0daa4465327316d853fceaae8a17e560', '05c75aef2152a3c997e75d6469a87b41', 'open', '_lockstitch_load_3_1', 16498, 'begun', '{id}', 2, NULL, '2026-11-22 23:34:06.449397+00', '7711143232042149534', 'postgres', '0/15AE050', '\x0a250a026964120269641a04696e743428013207696e74656765723a0a70675f636174616c6f670a3b0a016b12016b1a0b74696d657374616d70747a2801321874696d657374616d7020776974682074696d65207a6f6e653a0a70675f636174616c6f670a230a01641201641a04696e743428013207696e74656765723a0a70675f636174616c6f672207732e626567756e3202696432016b32016438024a016b520b3130202f2064203c2039395a120802120c08eff78dd8061084aafcda0118016a1d323032362d31312d32322032333a33343a30362e3434393339372b3030', '2026-11-22 23:34:07.467658+00', 1);

INSERT INTO _lockstitch.ranges (stream_id, load_id, range, lower_bound, upper_bound, attempt, complete, null_keys, closing) VALUES (1, 1, 0, NULL, NULL, 1, true, false, false);
INSERT INTO _lockstitch.ranges (stream_id, load_id, range, lower_bound, upper_bound, attempt, complete, null_keys, closing) VALUES (2, 1, 0, NULL, NULL, 1, true, false, false);
INSERT INTO _lockstitch.ranges (stream_id, load_id, range, lower_bound, upper_bound, attempt, complete, null_keys, closing) VALUES (3, 1, 4, NULL, NULL, 0, false, true, false);
INSERT INTO _lockstitch.ranges (stream_id, load_id, range, lower_bound, upper_bound, attempt, complete, null_keys, closing) VALUES (3, 1, 0, NULL, '2026-01-01 00:10:00+00', 1, true, false, false);
INSERT INTO _lockstitch.ranges (stream_id, load_id, range, lower_bound, upper_bound, attempt, complete, null_keys, closing) VALUES (3, 1, 1, '2026-01-01 00:10:00+00', '2026-01-01 00:20:00+00', 1, true, false, false);
INSERT INTO _lockstitch.ranges (stream_id, load_id, range, lower_bound, upper_bound, attempt, complete, null_keys, closing) VALUES (3, 1, 2, '2026-01-01 00:20:00+00', '2026-01-01 00:30:00+00', 1, true, false, false);
INSERT INTO _lockstitch.ranges (stream_id, load_id, range, lower_bound, upper_bound, attempt, complete, null_keys, closing) VALUES (3, 1, 3, '2026-01-01 00:30:00+00', NULL, 1, false, false, false);

INSERT INTO _lockstitch.runs (stream_id, run_id, result, kept_at, draw, fence) VALUES (1, '401bb331a19e5cda210999441901aeb4', '\x08011207732e77686f6c65180a20bf012801320608eff78dd806', '2026-11-22 23:34:07.344545+00', 1, 1);
INSERT INTO _lockstitch.runs (stream_id, run_id, result, kept_at, draw, fence) VALUES (2, '9d8c54fbb389e2ce0a716e6cf949e7e7', '\x0801120a732e6368616e67696e67181420f7042801320608eff78dd8063a16323032362d30312d30312030303a32303a30302b3030', '2026-11-22 23:34:07.42059+00', 1, 1);
INSERT INTO _lockstitch.runs (stream_id, run_id, result, kept_at, draw, fence) VALUES (3, '0daa4465327316d853fceaae8a17e560', '\x0802181d20e606320608eff78dd806', '2026-11-22 23:34:07.494342+00', 1, 1);

INSERT INTO _lockstitch.schema_version (version) VALUES (3);

INSERT INTO _lockstitch.streams (stream_id, integration_uid, source_schema, source_table, fence, run_id, destination_table, destination_oid, method, replication_key, bookmark, table_version, reset_generation, source_system, source_database, source_position) OVERRIDING SYSTEM VALUE VALUES (1, 'c61e805f-fc4b-cb1f-888a-ff2071601e2f', 'public', 'whole', 1, '401bb331a19e5cda210999441901aeb4', 'whole', 16484, 1, NULL, NULL, 1, 0, '7711143232042149534', 'postgres', '0/15AE050');
INSERT INTO _lockstitch.streams (stream_id, integration_uid, source_schema, source_table, fence, run_id, destination_table, destination_oid, method, replication_key, bookmark, table_version, reset_generation, source_system, source_database, source_position) OVERRIDING SYSTEM VALUE VALUES (2, 'c61e805f-fc4b-cb1f-888a-ff2071601e2f', 'public', 'changing', 1, '9d8c54fbb389e2ce0a716e6cf949e7e7', 'changing', 16491, 2, 'k', '2026-01-01 00:20:00+00', 1, 0, '7711143232042149534', 'postgres', '0/15AE050');
INSERT INTO _lockstitch.streams (stream_id, integration_uid, source_schema, source_table, fence, run_id, destination_table, destination_oid, method, replication_key, bookmark, table_version, reset_generation, source_system, source_database, source_position) OVERRIDING SYSTEM VALUE VALUES (3, 'c61e805f-fc4b-cb1f-888a-ff2071601e2f', 'public', 'begun', 1, '0daa4465327316d853fceaae8a17e560', NULL, NULL, 0, NULL, NULL, 0, 0, '', '', NULL);

INSERT INTO s.changing (id, k, v) VALUES (1, '2026-01-01 00:01:00+00', 'row 1');
INSERT INTO s.changing (id, k, v) VALUES (2, '2026-01-01 00:02:00+00', 'row 2');
INSERT INTO s.changing (id, k, v) VALUES (3, '2026-01-01 00:03:00+00', 'row 3');
INSERT INTO s.changing (id, k, v) VALUES (4, '2026-01-01 00:04:00+00', 'row 4');
INSERT INTO s.changing (id, k, v) VALUES (5, '2026-01-01 00:05:00+00', 'row 5');
INSERT INTO s.changing (id, k, v) VALUES (6, '2026-01-01 00:06:00+00', 'row 6');
INSERT INTO s.changing (id, k, v) VALUES (7, '2026-01-01 00:07:00+00', 'row 7');
INSERT INTO s.changing (id, k, v) VALUES (8, '2026-01-01 00:08:00+00', 'row 8');
INSERT INTO s.changing (id, k, v) VALUES (9, '2026-01-01 00:09:00+00', 'row 9');
INSERT INTO s.changing (id, k, v) VALUES (10, '2026-01-01 00:10:00+00', 'row 10');
INSERT INTO s.changing (id, k, v) VALUES (11, '2026-01-01 00:11:00+00', 'row 11');
INSERT INTO s.changing (id, k, v) VALUES (12, '2026-01-01 00:12:00+00', 'row 12');
INSERT INTO s.changing (id, k, v) VALUES (13, '2026-01-01 00:13:00+00', 'row 13');
INSERT INTO s.changing (id, k, v) VALUES (14, '2026-01-01 00:14:00+00', 'row 14');
INSERT INTO s.changing (id, k, v) VALUES (15, '2026-01-01 00:15:00+00', 'row 15');
INSERT INTO s.changing (id, k, v) VALUES (16, '2026-01-01 00:16:00+00', 'row 16');
INSERT INTO s.changing (id, k, v) VALUES (17, '2026-01-01 00:17:00+00', 'row 17');
INSERT INTO s.changing (id, k, v) VALUES (18, '2026-01-01 00:18:00+00', 'row 18');
INSERT INTO s.changing (id, k, v) VALUES (19, '2026-01-01 00:19:00+00', 'row 19');
INSERT INTO s.changing (id, k, v) VALUES (20, '2026-01-01 00:20:00+00', 'row 20');

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

SELECT pg_catalog.setval('_lockstitch.streams_stream_id_seq', 3, true);

ALTER TABLE ONLY _lockstitch.chunks
    ADD CONSTRAINT chunks_pkey PRIMARY KEY (stream_id, load_id, range, chunk);

ALTER TABLE ONLY _lockstitch.integrations
    ADD CONSTRAINT integrations_destination_schema_key UNIQUE (destination_schema);

ALTER TABLE ONLY _lockstitch.integrations
    ADD CONSTRAINT integrations_pkey PRIMARY KEY (uid);

ALTER TABLE ONLY _lockstitch.loads
    ADD CONSTRAINT loads_pkey PRIMARY KEY (stream_id, load_id);

ALTER TABLE ONLY _lockstitch.ranges
    ADD CONSTRAINT ranges_pkey PRIMARY KEY (stream_id, load_id, range);

ALTER TABLE ONLY _lockstitch.runs
    ADD CONSTRAINT results_pkey PRIMARY KEY (stream_id, run_id);

ALTER TABLE ONLY _lockstitch.streams
    ADD CONSTRAINT streams_integration_uid_source_schema_source_table_key UNIQUE (integration_uid, source_schema, source_table);

ALTER TABLE ONLY _lockstitch.streams
    ADD CONSTRAINT streams_pkey PRIMARY KEY (stream_id);

ALTER TABLE ONLY s.changing
    ADD CONSTRAINT changing_pkey PRIMARY KEY (id);

ALTER TABLE ONLY s.whole
    ADD CONSTRAINT whole_pkey PRIMARY KEY (id);

CREATE INDEX chunks_stream_id_run_id_idx ON _lockstitch.chunks USING btree (stream_id, run_id);

CREATE INDEX loads_stream_id_fence_idx ON _lockstitch.loads USING btree (stream_id, fence);

CREATE INDEX loads_stream_id_idx ON _lockstitch.loads USING btree (stream_id) WHERE (state <> 'published'::text);

CREATE INDEX runs_stream_id_kept_at_idx ON _lockstitch.runs USING btree (stream_id, kept_at);

ALTER TABLE ONLY _lockstitch.chunks
    ADD CONSTRAINT chunks_stream_id_fence_range_fkey FOREIGN KEY (stream_id, load_id, range) REFERENCES _lockstitch.ranges(stream_id, load_id, range) ON DELETE CASCADE;

ALTER TABLE ONLY _lockstitch.loads
    ADD CONSTRAINT loads_stream_id_fkey FOREIGN KEY (stream_id) REFERENCES _lockstitch.streams(stream_id) ON DELETE CASCADE;

ALTER TABLE ONLY _lockstitch.ranges
    ADD CONSTRAINT ranges_stream_id_fence_fkey FOREIGN KEY (stream_id, load_id) REFERENCES _lockstitch.loads(stream_id, load_id) ON DELETE CASCADE;

ALTER TABLE ONLY _lockstitch.runs
    ADD CONSTRAINT results_stream_id_fkey FOREIGN KEY (stream_id) REFERENCES _lockstitch.streams(stream_id) ON DELETE CASCADE;

ALTER TABLE ONLY _lockstitch.streams
    ADD CONSTRAINT streams_integration_uid_fkey FOREIGN KEY (integration_uid) REFERENCES _lockstitch.integrations(uid);

