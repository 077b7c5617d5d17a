DELETE FROM orleansquery WHERE querykey LIKE '%Reminder%';
DROP TABLE IF EXISTS orleans_reminder;
