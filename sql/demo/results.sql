-- Where the results lie below the storage folder. Variables: dataset.
SELECT format('archive/%s_ortho.tif', :dataset), 'cogs/' || c.cog_path, 'thumbnails/' || t.thumbnail_path
FROM v2_cogs c JOIN v2_thumbnails t USING (dataset_id) WHERE dataset_id = :dataset;
