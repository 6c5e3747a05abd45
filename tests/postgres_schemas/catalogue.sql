SELECT format('column %s %s %s %s %s not null %s default %s storage %s', c.relname, a.attnum, a.attname,
              format_type(a.atttypid, a.atttypmod), l.collname, a.attnotnull,
              pg_get_expr(d.adbin, d.adrelid), a.attstorage) AS line
  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
  LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
  LEFT JOIN pg_collation l ON l.oid = a.attcollation
 WHERE c.relnamespace = to_regnamespace('SCHEMA') AND a.attnum > 0 AND NOT a.attisdropped
UNION ALL
SELECT format('%s %s with %s', c.relkind, c.relname, c.reloptions)
  FROM pg_class c WHERE c.relnamespace = to_regnamespace('SCHEMA')
UNION ALL
SELECT pg_get_indexdef(i.indexrelid)
  FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE c.relnamespace = to_regnamespace('SCHEMA')
UNION ALL
SELECT format('constraint of %s %s: %s', r.conrelid::regclass, r.conname, pg_get_constraintdef(r.oid))
  FROM pg_constraint r WHERE r.connamespace = to_regnamespace('SCHEMA')
UNION ALL
SELECT format('function %s: %s', p.proname, p.prosrc)
  FROM pg_proc p WHERE p.pronamespace = to_regnamespace('SCHEMA')
UNION ALL
SELECT format('trigger of %s: %s', t.tgrelid::regclass, pg_get_triggerdef(t.oid))
  FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
 WHERE c.relnamespace = to_regnamespace('SCHEMA') AND NOT t.tgisinternal
UNION ALL
SELECT format('migration %s %s %s', number, name, checksum) FROM SCHEMA.schema_migrations
 ORDER BY line;
