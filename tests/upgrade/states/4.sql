
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
    fence bigint NOT NULL,
    deleted bigint DEFAULT 0 NOT NULL,
    unseen bigint DEFAULT 0 NOT NULL
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
    closing boolean DEFAULT false NOT NULL,
    keys boolean DEFAULT false NOT NULL
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
    source_position pg_lsn,
    deletes_found_at timestamp with time zone
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

INSERT INTO _lockstitch.chunks (stream_id, load_id, range, chunk, run_id, rows, bytes, checksum, row_sum, last_key, committed_at, fence, deleted, unseen) VALUES (1, 1, 0, 0, '496efa88436d0196826b395eaee2d3ff', 10, 191, 7381112425559459077, -4427190703801208121, NULL, '2026-11-30 15:43:18.080351+00', 1, 0, 0);
INSERT INTO _lockstitch.chunks (stream_id, load_id, range, chunk, run_id, rows, bytes, checksum, row_sum, last_key, committed_at, fence, deleted, unseen) VALUES (2, 1, 0, 0, 'a488e2116be384766e06eff1bb382a46', 20, 631, -3751918885340803346, -6417075699563427239, NULL, '2026-11-30 15:43:19.132851+00', 1, 0, 0);
INSERT INTO _lockstitch.chunks (stream_id, load_id, range, chunk, run_id, rows, bytes, checksum, row_sum, last_key, committed_at, fence, deleted, unseen) VALUES (3, 1, 0, 0, 'ce8b12227986b5be628df9b63aa988a9', 9, 270, -8353720585064781097, 5197015425155196303, NULL, '2026-11-30 15:43:19.744429+00', 1, 0, 0);
INSERT INTO _lockstitch.chunks (stream_id, load_id, range, chunk, run_id, rows, bytes, checksum, row_sum, last_key, committed_at, fence, deleted, unseen) VALUES (3, 1, 1, 0, 'ce8b12227986b5be628df9b63aa988a9', 10, 300, 842854574763874027, -1001690953122666498, NULL, '2026-11-30 15:43:19.885692+00', 1, 0, 0);
INSERT INTO _lockstitch.chunks (stream_id, load_id, range, chunk, run_id, rows, bytes, checksum, row_sum, last_key, committed_at, fence, deleted, unseen) VALUES (3, 1, 2, 0, 'ce8b12227986b5be628df9b63aa988a9', 10, 300, 4887074503189840873, 3691475374143199478, NULL, '2026-11-30 15:43:19.966733+00', 1, 0, 0);

INSERT INTO _lockstitch.integrations (uid, destination_schema, name, include_schema_names, identifier_style) VALUES ('5d7da8ed-302f-33d9-2b5d-33ea4caca920', 's', 's', false, 1);

INSERT INTO _lockstitch.loads (stream_id, load_id, run_id, extraction_id, state, load_table, load_oid, destination_table, key_columns, method, lower_bound, horizon, source_system, source_database, source_position, plan, begun_at, fence) VALUES (1, 1, '496efa88436d0196826b395eaee2d3ff', 'f07ea6de3e44a202d3c0b2e45c367389', 'published', '_lockstitch_load_1_1', 16487, 'whole', '{id}', 1, NULL, NULL, '7713990512929961724', 'postgres', '0/159A478', '\x0a250a026964120269641a04696e743428013207696e74656765723a0a70675f636174616c6f670a200a01761201761a047465787428013204746578743a0a70675f636174616c6f672207732e77686f6c653202696432017638015a120802120c0895b3b6d806108796e0b00218018a01100a0c7075626c69632e77686f6c6510019801808001', '2026-11-30 15:43:17.660735+00', 1);
INSERT INTO _lockstitch.loads (stream_id, load_id, run_id, extraction_id, state, load_table, load_oid, destination_table, key_columns, method, lower_bound, horizon, source_system, source_database, source_position, plan, begun_at, fence) VALUES (2, 1, 'a488e2116be384766e06eff1bb382a46', 'b7eb00c0cb5ac5fb40c6ce7e893e72a8', 'published', '_lockstitch_load_2_1', 16494, 'changing', '{id}', 2, NULL, '2026-11-30 15:43:17.503196+00', '7713990512929961724', 'postgres', '0/159A478', '\x0a250a026964120269641a04696e743428013207696e74656765723a0a70675f636174616c6f670a3b0a016b12016b1a0b74696d657374616d70747a2801321874696d657374616d7020776974682074696d65207a6f6e653a0a70675f636174616c6f670a200a01761201761a047465787428013204746578743a0a70675f636174616c6f67220a732e6368616e67696e673202696432016b32017638024a016b5a120802120c0896b3b6d80610d58191950318016a1d323032362d31312d33302031353a34333a31372e3530333139362b30308a01160a0f7075626c69632e6368616e67696e6710022a016b9801878001', '2026-11-30 15:43:18.879396+00', 1);
INSERT INTO _lockstitch.loads (stream_id, load_id, run_id, extraction_id, state, load_table, load_oid, destination_table, key_columns, method, lower_bound, horizon, source_system, source_database, source_position, plan, begun_at, fence) VALUES (3, 1, 'ce8b12227986b5be628df9b63aa988a9', 'ad174ceb7eaf28687203608a5886516e', 'open', '_lockstitch_load_3_1', 16501, 'begun', '{id}', 2, NULL, '2026-11-30 15:43:18.366203+00', '7713990512929961724', 'postgres', '0/159A6C8', '\x0a250a026964120269641a04696e743428013207696e74656765723a0a70675f636174616c6f670a3b0a016b12016b1a0b74696d657374616d70747a2801321874696d657374616d7020776974682074696d65207a6f6e653a0a70675f636174616c6f670a230a01641201641a04696e743428013207696e74656765723a0a70675f636174616c6f672207732e626567756e3202696432016b32016438024a016b520b3130202f2064203c2039395a120802120c0897b3b6d80610dddd80c20118016a1d323032362d31312d33302031353a34333a31382e3336363230332b30308a01220a0c7075626c69632e626567756e100218042a016b4a0b3130202f2064203c20393998018e8001', '2026-11-30 15:43:19.513438+00', 1);

INSERT INTO _lockstitch.ranges (stream_id, load_id, range, lower_bound, upper_bound, attempt, complete, null_keys, closing, keys) VALUES (1, 1, 0, NULL, NULL, 1, true, false, false, false);
INSERT INTO _lockstitch.ranges (stream_id, load_id, range, lower_bound, upper_bound, attempt, complete, null_keys, closing, keys) VALUES (2, 1, 0, NULL, NULL, 1, true, false, false, false);
INSERT INTO _lockstitch.ranges (stream_id, load_id, range, lower_bound, upper_bound, attempt, complete, null_keys, closing, keys) VALUES (3, 1, 4, NULL, NULL, 0, false, true, false, false);
INSERT INTO _lockstitch.ranges (stream_id, load_id, range, lower_bound, upper_bound, attempt, complete, null_keys, closing, keys) VALUES (3, 1, 0, NULL, '2026-01-01 00:10:00+00', 1, true, false, false, false);
INSERT INTO _lockstitch.ranges (stream_id, load_id, range, lower_bound, upper_bound, attempt, complete, null_keys, closing, keys) VALUES (3, 1, 1, '2026-01-01 00:10:00+00', '2026-01-01 00:20:00+00', 1, true, false, false, false);
INSERT INTO _lockstitch.ranges (stream_id, load_id, range, lower_bound, upper_bound, attempt, complete, null_keys, closing, keys) VALUES (3, 1, 2, '2026-01-01 00:20:00+00', '2026-01-01 00:30:00+00', 1, true, false, false, false);
INSERT INTO _lockstitch.ranges (stream_id, load_id, range, lower_bound, upper_bound, attempt, complete, null_keys, closing, keys) VALUES (3, 1, 3, '2026-01-01 00:30:00+00', NULL, 1, false, false, false, false);

INSERT INTO _lockstitch.runs (stream_id, run_id, result, kept_at, draw, fence) VALUES (1, '496efa88436d0196826b395eaee2d3ff', '\x08011207732e77686f6c65180a20bf01280132060896b3b6d806', '2026-11-30 15:43:18.28435+00', 1, 1);
INSERT INTO _lockstitch.runs (stream_id, run_id, result, kept_at, draw, fence) VALUES (2, 'a488e2116be384766e06eff1bb382a46', '\x0801120a732e6368616e67696e67181420f704280132060897b3b6d8063a16323032362d30312d30312030303a32303a30302b3030', '2026-11-30 15:43:19.260198+00', 1, 1);
INSERT INTO _lockstitch.runs (stream_id, run_id, result, kept_at, draw, fence) VALUES (3, 'ce8b12227986b5be628df9b63aa988a9', '\x0802181d20e60632060898b3b6d806', '2026-11-30 15:43:20.159298+00', 1, 1);

INSERT INTO _lockstitch.schema_version (version) VALUES (4);

INSERT INTO _lockstitch.streams (stream_id, integration_uid, source_schema, source_table, fence, run_id, destination_table, destination_oid, method, replication_key, bookmark, table_version, reset_generation, source_system, source_database, source_position, deletes_found_at) OVERRIDING SYSTEM VALUE VALUES (1, '5d7da8ed-302f-33d9-2b5d-33ea4caca920', 'public', 'whole', 1, '496efa88436d0196826b395eaee2d3ff', 'whole', 16487, 1, NULL, NULL, 1, 0, '7713990512929961724', 'postgres', '0/159A478', NULL);
INSERT INTO _lockstitch.streams (stream_id, integration_uid, source_schema, source_table, fence, run_id, destination_table, destination_oid, method, replication_key, bookmark, table_version, reset_generation, source_system, source_database, source_position, deletes_found_at) OVERRIDING SYSTEM VALUE VALUES (2, '5d7da8ed-302f-33d9-2b5d-33ea4caca920', 'public', 'changing', 1, 'a488e2116be384766e06eff1bb382a46', 'changing', 16494, 2, 'k', '2026-01-01 00:20:00+00', 1, 0, '7713990512929961724', 'postgres', '0/159A478', NULL);
INSERT INTO _lockstitch.streams (stream_id, integration_uid, source_schema, source_table, fence, run_id, destination_table, destination_oid, method, replication_key, bookmark, table_version, reset_generation, source_system, source_database, source_position, deletes_found_at) OVERRIDING SYSTEM VALUE VALUES (3, '5d7da8ed-302f-33d9-2b5d-33ea4caca920', 'public', 'begun', 1, 'ce8b12227986b5be628df9b63aa988a9', NULL, NULL, 0, NULL, NULL, 0, 0, '', '', NULL, NULL);

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

SELECT pg_catalog.setval('_lockstitch.streams_stream_id_seq', 6, true);

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

