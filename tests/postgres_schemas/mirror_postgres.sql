SELECT format('column %s of %s: %s%s', a.attname, c.relname,
              CASE format_type(a.atttypid, a.atttypmod) WHEN 'bigint' THEN 'integer' WHEN 'bytea' THEN 'blob'
              ELSE format_type(a.atttypid, a.atttypmod) END,
              CASE WHEN a.attnotnull THEN ' not null' ELSE '' END)
  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
 WHERE c.relnamespace = to_regnamespace('SCHEMA') AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
UNION ALL
SELECT format('%s%s (%s)%s',
              CASE WHEN i.indisprimary THEN 'key of ' WHEN i.indisunique THEN 'unique index ' ELSE 'index ' END,
              CASE WHEN i.indisprimary THEN t.relname ELSE format('%s of %s', c.relname, t.relname) END,
              (SELECT string_agg(a.attname, ', ' ORDER BY k.place)
                 FROM unnest(i.indkey) WITH ORDINALITY k(number, place)
                 JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number),
              ' where ' || trim(BOTH '()' FROM pg_get_expr(i.indpred, i.indrelid)))
  FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
 WHERE c.relnamespace = to_regnamespace('SCHEMA')
UNION ALL
SELECT format('migration %s %s', number, name) FROM SCHEMA.schema_migrations;
