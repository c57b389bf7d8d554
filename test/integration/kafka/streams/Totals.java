import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;

/** Kafka Streams: counts the records of a topic by their keys, an update per record. Ends after so many. */
public final class Totals {
  public static void main(String[] args) throws Exception {
    String application = args[1], input = args[2], output = args[3];
    long expected = Long.parseLong(args[4]);
    Properties settings = new Properties();
    settings.put(StreamsConfig.APPLICATION_ID_CONFIG, application);
    settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, args[0]);
    settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
    settings.put(StreamsConfig.STATE_DIR_CONFIG, args[5]);
    settings.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 0);
    settings.put("auto.offset.reset", "earliest");

    AtomicLong seen = new AtomicLong();
    CountDownLatch all = new CountDownLatch(1);
    StreamsBuilder builder = new StreamsBuilder();
    builder.stream(input, Consumed.with(Serdes.String(), Serdes.String()))
        .groupByKey() // its tasks count what is on their partition: a key on two of them would be counted twice
        .count(Materialized.as("totals"))
        .toStream()
        .peek((key, total) -> { if (seen.incrementAndGet() == expected) all.countDown(); })
        .mapValues((key, total) -> key + "=" + total)
        .to(output, Produced.with(Serdes.String(), Serdes.String()));
    try (KafkaStreams streams = new KafkaStreams(builder.build(), settings)) {
      streams.setUncaughtExceptionHandler(error -> {
        error.printStackTrace();
        System.exit(1);
        return null;
      });
      streams.start();
      all.await();
    } // commits
    System.out.println(seen.get());
  }
}
