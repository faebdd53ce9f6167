-- Before version 15 everybody may make tables in the schema public; from then on this changes nothing.
revoke create on schema public from public;
