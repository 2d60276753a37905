package org.anomalydetection.spark;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.serializers.JavaSerializer;
import org.apache.beam.runners.spark.coders.SparkRunnerKryoRegistrator;
import org.apache.beam.sdk.values.Row;
import org.apache.spark.serializer.KryoRegistrator;

/**
 * Tells Spark how to write to the disk what tasks put out and does not fit into memory. Beam hands
 * it objects that Java does not serialize, and Kryo rows only as Java does.
 */
public final class Serializers implements KryoRegistrator {
  @Override
  public void registerClasses(Kryo kryo) {
    new SparkRunnerKryoRegistrator().registerClasses(kryo);
    kryo.addDefaultSerializer(Row.class, JavaSerializer.class);
  }
}
