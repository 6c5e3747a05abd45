WITH tables AS (SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite@_%' ESCAPE '@')
SELECT format('column %s of %s: %s%s', c.name, t.name, lower(c.type),
              iif(c."notnull" OR c.pk > 0, ' not null', ''))
  FROM tables t, pragma_table_info(t.name) c
UNION ALL
SELECT format('key of %s (%s)', t.name, (SELECT group_concat(name, ', ') FROM
              (SELECT name FROM pragma_table_info(t.name) WHERE pk > 0 ORDER BY pk)))
  FROM tables t WHERE EXISTS (SELECT 1 FROM pragma_table_info(t.name) WHERE pk > 0)
UNION ALL
SELECT format('%sindex %s of %s (%s)%s', iif(i."unique", 'unique ', ''), i.name, t.name,
              (SELECT group_concat(name, ', ') FROM (SELECT name FROM pragma_index_info(i.name) ORDER BY seqno)),
              iif(i.partial, (SELECT ' where ' || substr(sql, instr(sql, 'WHERE ') + 6) FROM sqlite_master
                               WHERE name = i.name), ''))
  FROM tables t, pragma_index_list(t.name) i WHERE i.origin = 'c'
UNION ALL
SELECT format('unique %s (%s)', t.name,
              (SELECT group_concat(name, ', ') FROM (SELECT name FROM pragma_index_info(i.name) ORDER BY seqno)))
  FROM tables t, pragma_index_list(t.name) i WHERE i.origin = 'u'
UNION ALL
SELECT format('migration %d %s', number, name) FROM schema_migrations;
