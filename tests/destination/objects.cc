#include "tests/destination/objects.h"

#include <algorithm>

#include "absl/strings/str_replace.h"

namespace lockstitch::tests {
namespace {

std::vector<UserObject> ReplacedWithTheTable() {
  return {
      {"plain", "SELECT 1", "SELECT true", ""},
      {"indexed",
       "CREATE INDEX \"Odd index\" ON {t} (v DESC) WHERE v > 5; COMMENT ON INDEX s.\"Odd index\" "
       "IS 'for report'",
       "SELECT indexdef LIKE '%(v DESC) WHERE (v > %' AND obj_description('s.\"Odd "
       "index\"'::regclass) = 'for report' "
       "FROM pg_indexes WHERE schemaname = 's' AND tablename = '{n}' AND indexname = 'Odd index'",
       ""},
      {"uniquely_indexed", "CREATE UNIQUE INDEX {n}_u ON {t} (v, id)",
       "SELECT indisunique AND indisvalid FROM pg_index WHERE indexrelid = 's.{n}_u'::regclass",
       ""},
      {"granted", "GRANT SELECT ON {t} TO reader WITH GRANT OPTION; GRANT SELECT ON {t} TO PUBLIC",
       "SELECT has_table_privilege('reader', '{t}', 'SELECT WITH GRANT OPTION') AND EXISTS (SELECT "
       "FROM pg_class, "
       "aclexplode(relacl) WHERE pg_class.oid = '{t}'::regclass AND grantee = 0)",
       ""},
      {"column_granted", "GRANT UPDATE (v) ON {t} TO reader",
       "SELECT has_column_privilege('reader', '{t}', 'v', 'UPDATE') AND NOT "
       "has_column_privilege('reader', '{t}', 'k', 'UPDATE')",
       ""},
      {"commented", "COMMENT ON TABLE {t} IS 'it''s a table'; COMMENT ON COLUMN {t}.v IS 'a value'",
       "SELECT obj_description('{t}'::regclass) = 'it''s a table' AND "
       "col_description('{t}'::regclass, (SELECT attnum FROM "
       "pg_attribute WHERE attrelid = '{t}'::regclass AND attname = 'v')) = 'a value'",
       ""},
      {"measured", "ALTER TABLE {t} ALTER v SET STATISTICS 500, ALTER v SET (n_distinct = -0.5)",
       "SELECT attstattarget = 500 AND attoptions @> '{n_distinct=-0.5}' FROM pg_attribute WHERE "
       "attrelid = "
       "'{t}'::regclass AND attname = 'v'",
       ""},
      {"correlated",
       "CREATE STATISTICS mine.{n} (ndistinct) ON v, k FROM {t}; COMMENT ON STATISTICS mine.{n} IS "
       "'both'",
       "SELECT stxrelid = '{t}'::regclass AND stxkind = '{d}' AND array_length(stxkeys::int2[], 1) "
       "= 2 AND "
       "obj_description(oid, 'pg_statistic_ext') = 'both' FROM pg_statistic_ext WHERE stxname = "
       "'{n}'",
       ""},
      {"filled", "ALTER TABLE {t} SET (fillfactor = 70, autovacuum_enabled = false)",
       "SELECT reloptions @> '{fillfactor=70,autovacuum_enabled=false}' FROM pg_class WHERE oid = "
       "'{t}'::regclass",
       ""},
      {"stored", "ALTER TABLE {t} ALTER t SET STORAGE EXTERNAL",
       "SELECT attstorage = 'e' FROM pg_attribute WHERE attrelid = '{t}'::regclass AND attname = "
       "'t'",
       ""},
      {"defaulted", "ALTER TABLE {t} ALTER v SET DEFAULT 1 + 1",
       "SELECT pg_get_expr(adbin, adrelid) = '(1 + 1)' FROM pg_attrdef WHERE adrelid = "
       "'{t}'::regclass",
       ""},
      {"identified", "ALTER TABLE {t} REPLICA IDENTITY FULL",
       "SELECT relreplident = 'f' FROM pg_class WHERE oid = '{t}'::regclass", ""},
      {"identified_by_key", "ALTER TABLE {t} REPLICA IDENTITY USING INDEX {n}_pkey",
       "SELECT relreplident = 'i' AND indisreplident FROM pg_class JOIN pg_index ON indrelid = "
       "pg_class.oid WHERE "
       "pg_class.oid = '{t}'::regclass",
       ""},
      {"clustered", "CREATE INDEX {n}_v ON {t} (v); ALTER TABLE {t} CLUSTER ON {n}_v",
       "SELECT indisclustered FROM pg_index WHERE indexrelid = 's.{n}_v'::regclass", ""},
  };
}

std::vector<UserObject> KeptWithTheTable() {
  return {
      {"viewed", "CREATE VIEW mine.{n} AS SELECT id, v FROM {t} WHERE v > 0",
       "SELECT count(*) = (SELECT count(*) FROM {t} WHERE v > 0) AND count(*) > 0 FROM mine.{n}",
       "view mine.viewed depends on it"},
      {"summed_up", "CREATE MATERIALIZED VIEW mine.{n} AS SELECT sum(v) AS total FROM {t}",
       "SELECT total > 0 FROM mine.{n}", "materialized view mine.summed_up depends on it"},
      {"asked",
       "CREATE FUNCTION mine.{n}() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM "
       "{t}; END",
       "SELECT mine.{n}() = (SELECT count(*) FROM {t})", "function mine.asked() depends on it",
       140000},
      {"row_typed", "CREATE FUNCTION mine.{n}(r {t}) RETURNS int LANGUAGE sql AS 'SELECT r.id'",
       "SELECT bool_and(mine.{n}(r) = r.id) FROM {t} AS r",
       "function mine.row_typed(s.row_typed) depends on it"},
      {"referenced",
       "CREATE TABLE mine.{n} (id int CONSTRAINT of_mine REFERENCES {t}); INSERT INTO mine.{n} "
       "SELECT id FROM {t} WHERE id > 50",
       "SELECT confrelid = '{t}'::regclass AND (SELECT count(*) FROM mine.{n}) = 50 FROM "
       "pg_constraint WHERE conname = "
       "'of_mine'",
       "foreign key of_mine of table mine.referenced refers to it"},
      {"cascading",
       "CREATE TABLE mine.{n} (id int REFERENCES {t} ON DELETE CASCADE); INSERT INTO mine.{n} "
       "SELECT id FROM {t}",
       "SELECT count(*) = (SELECT count(*) FROM {t} WHERE id <= 100) FROM mine.{n}",
       "foreign key cascading_id_fkey of table mine.cascading refers to it"},
      {"checked", "ALTER TABLE {t} ADD CONSTRAINT mine CHECK (id > 0)",
       "SELECT count(*) = 1 FROM pg_constraint WHERE conrelid = '{t}'::regclass AND conname = "
       "'mine'",
       "it has constraint mine"},
      {"unique_values", "ALTER TABLE {t} ADD CONSTRAINT {n}_of_mine UNIQUE (k)",
       "SELECT count(*) = 1 FROM pg_constraint WHERE conrelid = '{t}'::regclass AND conname = "
       "'{n}_of_mine'",
       "it has constraint unique_values_of_mine"},
      {"not_null", "ALTER TABLE {t} ALTER v SET NOT NULL",
       "SELECT attnotnull FROM pg_attribute WHERE attrelid = '{t}'::regclass AND attname = 'v'",
       "column v of it was made NOT NULL"},
      {"triggered",
       "CREATE TABLE mine.{n} (what text);"
       "CREATE FUNCTION mine.audit() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN INSERT INTO "
       "mine.triggered VALUES "
       "(TG_OP); RETURN NULL; END $f$;"
       "CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON {t} FOR EACH ROW EXECUTE "
       "PROCEDURE mine.audit()",
       "SELECT array_agg(what || ' ' || count ORDER BY what) = '{DELETE 10,INSERT 10,UPDATE 10}' "
       "FROM (SELECT what, "
       "count(*) FROM mine.{n} GROUP BY what) counts",
       "it has trigger audit"},
      {"ruled",
       "CREATE TABLE mine.{n} (id int); CREATE RULE log AS ON DELETE TO {t} DO ALSO INSERT INTO "
       "mine.{n} VALUES (OLD.id)",
       "SELECT count(*) = 10 FROM mine.{n}", "it has rule log"},
      {"secured",
       "ALTER TABLE {t} ENABLE ROW LEVEL SECURITY; CREATE POLICY even ON {t} TO reader USING (id % "
       "2 = 0); GRANT SELECT ON "
       "{t} TO reader",
       "SELECT relrowsecurity AND (SELECT polname = 'even' FROM pg_policy WHERE polrelid = "
       "pg_class.oid) FROM pg_class "
       "WHERE oid = '{t}'::regclass",
       "it has policy even, it has row-level security"},
      {"published", "CREATE PUBLICATION of_mine FOR TABLE {t}",
       "SELECT count(*) = 1 FROM pg_publication_tables WHERE pubname = 'of_mine' AND tablename = "
       "'{n}'",
       "publication of_mine publishes it"},
      {"annotated", "ALTER TABLE {t} ADD note text; UPDATE {t} SET note = 'of ' || id",
       "SELECT count(*) = 90 AND bool_and(note = 'of ' || id) FROM {t} WHERE id <= 100",
       "column note was added to it"},
      {"inherited",
       "CREATE TABLE mine.{n} (more int) INHERITS ({t}); INSERT INTO mine.{n} (id, v) VALUES (-1, "
       "-1)",
       "SELECT v = -1 FROM {t} WHERE id = -1", "table mine.inherited depends on it"},
      {"attached",
       "CREATE TABLE mine.{n} (LIKE {t}) PARTITION BY RANGE (id); ALTER TABLE mine.{n} ATTACH "
       "PARTITION {t} FOR VALUES FROM "
       "(1) TO (1000)",
       "SELECT count(*) = 100 FROM mine.{n}", "it is a child of table mine.attached"},
      {"owned", "ALTER TABLE {t} OWNER TO reader",
       "SELECT tableowner = 'reader' FROM pg_tables WHERE schemaname = 's' AND tablename = '{n}'",
       "role reader owns it"},
      {"numbered", "CREATE SEQUENCE s.of_{n} OWNED BY {t}.id", "SELECT nextval('s.of_{n}') > 0",
       "sequence s.of_numbered belongs to it"},
  };
}

}  // namespace

std::vector<UserObject> UserObjects(int server_version) {
  std::vector<UserObject> objects = ReplacedWithTheTable();
  const std::vector<UserObject> kept = KeptWithTheTable();
  objects.insert(objects.end(), kept.begin(), kept.end());
  objects.erase(
      std::remove_if(objects.begin(), objects.end(),
                     [&](const UserObject& object) { return object.since > server_version; }),
      objects.end());
  return objects;
}

std::string SqlOf(const UserObject& object, const std::string& sql) {
  return absl::StrReplaceAll(sql, {{"{t}", "s." + object.name}, {"{n}", object.name}});
}

}  // namespace lockstitch::tests
